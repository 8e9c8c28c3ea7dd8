"""The local file system: the folder with everything that an embedded server keeps."""
