"""From the store to a screen: live state, HTTP, pages and the stream."""
