"""A process of its own for one PDF: what it says, as JSON, or why it cannot be read.

`python pdf_process.py PAGES CHARACTERS < FILE`. Whoever made the file may have made it to take all
memory or to be read for ever: here it takes 512 MB and 10 s at most. A damaged one ends the process
with an error, whichever pypdf raises.
"""

import json
import resource
import sys
from io import BytesIO

MEMORY, SECONDS = 512 * 1024 * 1024, 10


def read(content: bytes, most_pages: int, most_characters: int) -> dict[str, object]:
    # Imported under the limits: nothing else of the site needs it.
    import pypdf

    reader = pypdf.PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return {"problem": "locked"}
    pages = len(reader.pages)
    if pages > most_pages:
        return {"problem": "long"}
    text = ""
    for page in reader.pages:
        text += f"{page.extract_text()}\n\n"
        if len(text) > most_characters:
            break
    return {"pages": pages, "text": text.strip()[:most_characters]}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    most_pages, most_characters = map(int, sys.argv[1:])
    sys.stdout.write(json.dumps(read(sys.stdin.buffer.read(), most_pages, most_characters)))


if __name__ == "__main__":
    main()
