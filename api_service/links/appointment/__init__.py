"""The pages behind the link in every mail: see one appointment, say that one will come, move it, cancel it."""
