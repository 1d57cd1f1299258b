"""`edge-htr devices`: the known boards, and which of them this is."""

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="All facts, with their sources, as JSON.")
def devices(as_json: bool) -> None:
    """List the known boards; `*` marks the one this runs on.

    Their figures and budgets are in devices/*.toml. A new board is one more file there, or a file
    of your own, named by its path.

    \b
    Example:
      edge-htr devices
      edge-htr devices --json
    """
    import json
    from dataclasses import asdict

    from edge_runtime.device import known_profiles, recognise

    profiles = known_profiles()
    here = recognise(profiles)
    if as_json:
        click.echo(json.dumps([asdict(profile) for profile in profiles], indent=2))
        return
    width = max(len(profile.id) for profile in profiles)
    for profile in profiles:
        mark = "*" if profile is here else " "
        click.echo(f"{mark} {profile.id:<{width}}  {profile.summary()}")
