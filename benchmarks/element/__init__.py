"""What the element costs a browser: a long thread opened, scrolled through, and streamed into.

`thread` says what stands in the thread, `server` serves it and streams at a steady pace, `trace` reads what
Chromium noted of its main thread, `report` measures and prints.
"""
