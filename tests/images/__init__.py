"""Builds the images of both services with buildah, and runs them as a container engine would: `make test-images`."""
