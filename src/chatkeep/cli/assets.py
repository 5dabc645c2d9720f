"""`chatkeep assets`: the element's files with their sizes and hashes, and the line of HTML that pins them."""

import json
from dataclasses import asdict

import typer

from chatkeep.http.assets import Asset, built_assets, built_version


def run(url: str, *, as_json: bool) -> None:
    """Print what a page may load from the server at `url`."""
    version = built_version()
    found = built_assets()
    tag = script_tag(url, found[0])
    if as_json:
        listed = [asdict(each) for each in found]
        typer.echo(json.dumps({"version": version, "files": listed, "tag": tag}, indent=2))
        return
    typer.echo(
        f"The element, version {version}. Loaded at once: the first file; the others when they are wanted.\n"
    )
    width = max(len(each.path) for each in found)
    typer.echo(f"{'file':{width}}  {'bytes':>8}  {'gzip':>8}  integrity")
    for each in found:
        typer.echo(f"{each.path:{width}}  {each.raw:>8,}  {each.gzip:>8,}  {each.integrity}")
    typer.echo(f"\nTo pin this version in a page:\n\n{tag}")


def script_tag(url: str, script: Asset) -> str:
    """The HTML that loads a version, and refuses any other bytes."""
    return (
        f'<script\n  src="{url.rstrip("/")}{script.path}"\n  integrity="{script.integrity}"\n'
        '  crossorigin="anonymous"\n  defer\n></script>'
    )
