"""What is looked at and measured by hand rather than in the suite: the web client's looks, and how it scrolls.

python -m tests.web screenshots FOLDER
python -m tests.web scrolling --messages 50000
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from tests.support.server import ServerProcess, environment
from tests.web.test_browser import play


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.web")
    what = parser.add_subparsers(dest="what", required=True)
    screenshots = what.add_parser("screenshots", help="desktop and phone, light and dark, as PNGs")
    screenshots.add_argument("folder", type=Path)
    scrolling = what.add_parser(
        "scrolling",
        help="a long conversation from end to beginning, and the longest task meanwhile",
    )
    scrolling.add_argument("--messages", type=int, default=50_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        if asked.what == "screenshots":
            asked.folder.mkdir(parents=True, exist_ok=True)
            with ServerProcess(data) as server:
                play(server, "screenshots", str(asked.folder.resolve()))
            return
        made = filled(data, asked.messages)
        with ServerProcess(data) as server:
            said = play(server, "a_long_conversation_scrolls", made["username"], made["password"])
    print(next(line for line in said if line.startswith("{")))


def filled(data: Path, messages: int) -> dict[str, str]:
    """A store with one conversation of so many messages; gives who to sign in as."""
    asked = ["--people", "2", "--conversations", "1", "--messages", str(messages), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "parley", "seed", *asked],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(data),
    )
    made: dict[str, str] = json.loads(done.stdout)
    return made


if __name__ == "__main__":
    main()
