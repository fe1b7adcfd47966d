"""The sample on the screen at full resolution, in a browser: a small web server on the loopback interface and its page.
Independent of Textual."""
