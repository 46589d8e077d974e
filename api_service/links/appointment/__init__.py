"""The pages behind the link in every mail: show, confirm, move and cancel one appointment."""
