#!/usr/bin/env python3
"""Draws the pictures of the console that the README shows.

It starts the built program in a terminal of 100x34 (tmux, on a socket of its own and without configuration), walks the
rehearsed ceremony by keys as a person does, and writes what stands on the screen, with its colours, as SVG beside
itself. Needs tmux and python3, nothing else:

    dotnet build src/Runbook.Cli && docs/pictures/draw.py
"""
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

COLUMNS, ROWS = 100, 34
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.43, 18, 12
LIMIT_SECONDS = 60
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.path.join(ROOT, "src", "Runbook.Cli", "bin", "Debug", "net10.0", "runbook.dll")

BACKGROUND, FOREGROUND = "#16181d", "#d7dae0"
BASIC = ["#16181d", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0",
         "#7f848e", "#ff7b86", "#b5e890", "#ffd68a", "#82c7ff", "#e39bf7", "#7fd8e4", "#ffffff"]


def colour(index):
    """The colour of a place in the palette of 256."""
    if index < 16:
        return BASIC[index]
    if index < 232:
        levels = [0, 95, 135, 175, 215, 255]
        index -= 16
        return "#%02x%02x%02x" % (levels[index // 36], levels[index // 6 % 6], levels[index % 6])
    return "#%02x%02x%02x" % ((8 + 10 * (index - 232),) * 3)


class Style:
    """What the escape sequences so far have switched on."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.fore = self.back = None
        self.bold = self.dim = self.underline = self.reverse = False

    def take(self, codes):
        codes = [int(c or 0) for c in codes.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code == 1:
                self.bold = True
            elif code == 2:
                self.dim = True
            elif code == 4:
                self.underline = True
            elif code == 7:
                self.reverse = True
            elif code == 22:
                self.bold = self.dim = False
            elif code == 24:
                self.underline = False
            elif code == 27:
                self.reverse = False
            elif code in (38, 48):
                if codes.pop(0) == 5:
                    value = colour(codes.pop(0))
                else:
                    value = "#%02x%02x%02x" % tuple(codes.pop(0) for _ in range(3))
                if code == 38:
                    self.fore = value
                else:
                    self.back = value
            elif code == 39:
                self.fore = None
            elif code == 49:
                self.back = None
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.fore = BASIC[code - 30 if code < 90 else code - 82]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.back = BASIC[code - 40 if code < 100 else code - 92]

    def look(self):
        fore, back = self.fore or FOREGROUND, self.back
        if self.reverse:
            fore, back = back or BACKGROUND, fore
        return fore, back, self.bold, self.dim, self.underline


def runs(line, style):
    """A line as (column, text, look), the longest pieces of one look."""
    column, pieces = 0, []
    for part in re.split(r"(\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\)", line):
        if part.startswith("\x1b["):
            style.take(part[2:-1])
        elif part and not part.startswith("\x1b]"):
            pieces.append((column, part, style.look()))
            column += len(part)
    if style.look()[1] is not None and column < COLUMNS:
        pieces.append((column, " " * (COLUMNS - column), style.look()))
    return pieces


def svg(screen, title):
    """The picture of a screen."""
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = ROWS * CELL_HEIGHT + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img">',
           f"<title>{html.escape(title)}</title>",
           f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
           '<g font-family="ui-monospace,\'DejaVu Sans Mono\',Menlo,Consolas,monospace" font-size="14" xml:space="preserve">']
    style = Style()
    for row, line in enumerate(screen.split("\n")[:ROWS]):
        for column, text, (fore, back, bold, dim, underline) in runs(line, style):
            x, y = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT
            if back is not None:
                out.append(f'<rect x="{x:g}" y="{y:g}" width="{len(text) * CELL_WIDTH:g}" height="{CELL_HEIGHT}" fill="{back}"/>')
            if not text.strip():
                continue
            extra = (' font-weight="bold"' if bold else "") + (' opacity="0.65"' if dim else "") + (' text-decoration="underline"' if underline else "")
            out.append(f'<text x="{x:g}" y="{y + 13.5:g}" textLength="{len(text) * CELL_WIDTH:g}" lengthAdjust="spacingAndGlyphs" fill="{fore}"{extra}>{html.escape(text)}</text>')
    out.append("</g></svg>\n")
    return "\n".join(out)


class Terminal:
    """The console in a real terminal."""

    def __init__(self, scratch, place):
        self.base = ["tmux", "-u", "-S", os.path.join(scratch, "tmux"), "-f", "/dev/null"]
        self.do("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "-c", ROOT,
                "-e", "LC_ALL=C.UTF-8", "-e", "RUNBOOK_HOME=" + os.path.join(scratch, "home"),
                f"dotnet '{PROGRAM}' run runbooks/hsm-activation.md --out '{place}'")
        self.do("set-option", "-g", "status", "off")

    def do(self, *arguments):
        return subprocess.run(self.base + list(arguments), check=True, capture_output=True, text=True).stdout

    def press(self, *keys):
        self.do("send-keys", *keys)

    def screen(self, coloured=False):
        return self.do("capture-pane", "-p", *(["-e"] if coloured else []))

    def until(self, pattern, absent=False):
        began = time.monotonic()
        while True:
            screen = self.screen()
            if bool(re.search(pattern, screen)) != absent:
                return screen
            if time.monotonic() - began > LIMIT_SECONDS:
                sys.exit(f"Waited in vain for {pattern!r}{' to go' if absent else ''}:\n{screen}")
            time.sleep(0.03)

    def turn(self):
        """Waits until somebody is asked, and gives the screen; the end page ends it."""
        return self.until(r"(?s)(Space ticks it as|a opens what|e opens \S+ form|Enter goes on|FOR THE ATTENDANCE SHEET)(?!.*╔)")

    def act(self, screen):
        """Does what the screen asks for, as whoever is asked."""
        if "Space ticks it as" in screen:
            self.press("Space")
        elif "a opens what" in screen:
            self.press("a")
            self.until("r refuses. Esc leaves")
            self.press("Enter")
            name = re.search(r"Type it to go on:\s+(\S+)", self.until(r"Type it to go on:|\A(?!(?s:.*)with nothing signed)"))
            if name:
                self.until("║ Enter ")
                self.do("send-keys", "-l", name.group(1))
                self.press("Enter")
            self.until("with nothing signed", absent=True)
        elif "e opens" in screen:
            self.press("e")
            self.until("║ Enter ")
            self.press("C-r")
            self.until("Filled in for the rehearsal")
            self.press("Enter")
            self.until("╔", absent=True)
        else:
            self.press("Enter")
            if "╔" in self.until(r"╔|\A(?!(?s:.*)Enter goes on)"):
                self.until("║ Enter ")
                self.press("Enter")
                self.until("╔", absent=True)

        turn = self.heading(screen)
        began = time.monotonic()
        while self.heading(self.screen()) == turn:
            if time.monotonic() - began > LIMIT_SECONDS:
                sys.exit(f"Nothing came of it:\n{self.screen()}")
            time.sleep(0.03)

    @staticmethod
    def heading(screen):
        return re.sub(r"\(\S+ left\)|until\s+\S+Z", "", screen[max(0, screen.rfind("── It is ")):])


def main():
    wanted = [("next-call.svg", "The exact call before it is made", r"NEXT, STEP \d+ of \d+  Turn on purge"),
              ("signature.svg", "What a custodian signs", r"a opens what Bob signs"),
              ("end.svg", "The end of a ceremony", r"FOR THE ATTENDANCE SHEET")]
    done = set()
    # A place that stands in the picture, and says nothing of this computer.
    place = os.path.join(tempfile.gettempdir(), "ceremony")
    if os.path.exists(place) or os.path.exists(place + ".azure"):
        sys.exit(f"{place} is there already. Nothing was drawn. Move it away, with what lies beside it.")
    with tempfile.TemporaryDirectory(prefix="runbook-pictures-") as scratch:
        terminal = Terminal(scratch, place)
        try:
            terminal.until("═ Inputs ═")
            while "═ Inputs ═" in (screen := terminal.until(r"║ Enter |\A(?!(?s:.*)═ Inputs ═)")):
                terminal.press("Enter")
                began = time.monotonic()
                while terminal.screen().split("\n")[1:] == screen.split("\n")[1:] and time.monotonic() - began < LIMIT_SECONDS:
                    time.sleep(0.03)
            terminal.until("Nothing runs yet. Enter begins.")
            terminal.press("Enter")
            while True:
                screen = terminal.turn()
                for name, title, pattern in wanted:
                    if name in done or not re.search(pattern, screen):
                        continue
                    if name == "signature.svg":
                        terminal.press("a")
                        terminal.until("r refuses. Esc leaves")
                    with open(os.path.join(HERE, name), "w", encoding="utf-8") as picture:
                        picture.write(svg(terminal.screen(coloured=True), title))
                    done.add(name)
                    if name == "signature.svg":
                        terminal.press("Escape")
                        screen = terminal.turn()
                if "FOR THE ATTENDANCE SHEET" in screen:
                    break
                terminal.act(screen)
        finally:
            subprocess.run(terminal.base + ["kill-server"], capture_output=True, check=False)
            for folder in (place, place + ".azure", place + ".files"):
                shutil.rmtree(folder, ignore_errors=True)
            if os.path.exists(place + ".opening"):
                os.remove(place + ".opening")
    missing = [name for name, _, _ in wanted if name not in done]
    if missing:
        sys.exit(f"Not come by: {', '.join(missing)}")


if __name__ == "__main__":
    main()
