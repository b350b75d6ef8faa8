"""`python -m simulator`: WeCom and the rehearsal city, played on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from simulator.drafting import Way
from simulator.rehearse import AT_ONCE, run
from simulator.script import NoSuchCase

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="模拟的企业微信和云岭市。")


@cli.callback()
def simulator() -> None:
    """模拟的企业微信和云岭市。"""


@cli.command()
def rehearse(
    config: Annotated[Path | None, typer.Option(help="机器人的配置文件；不写就用新的库、空闲的端口自己排一场")] = None,
    only: Annotated[str, typer.Option(help="只演这几件，例如 P001,P034,P037")] = "",
    attach: Annotated[bool, typer.Option("--attach", help="只用已在运行的机器人，不自己启动")] = False,
    by: Annotated[
        Way | None, typer.Option(help="委员怎样提交：steps 逐项、paste 粘贴全文、words 只用文字；并列出每件发了几条")
    ] = None,
    at_once: Annotated[int, typer.Option(min=2, max=40, help="同时办理几件")] = AT_ONCE,
) -> None:
    """把云岭市的四十件提案从头办到尾，每件都要到预期的结局。"""
    try:
        code = run(config, only.split(",") if only else (), attach=attach, at_once=at_once, by=by)
    except NoSuchCase as strange:
        typer.echo(str(strange), err=True)
        code = 2
    raise typer.Exit(code)


if __name__ == "__main__":
    cli()
