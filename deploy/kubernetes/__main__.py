"""python -m deploy.kubernetes writes the alert rules and the dashboard as objects of Kubernetes."""

from deploy.kubernetes import written

for file, text in written().items():
    file.write_text(text, "utf-8")
