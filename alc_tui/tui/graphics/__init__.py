"""Graphics: images that the terminal draws pixel by pixel, by a protocol that it supports. Independent of widgets."""
