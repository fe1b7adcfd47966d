"""Images in object storage and on web servers, by fsspec: `s3://`, `gs://` and `https://`."""
