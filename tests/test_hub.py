"""Readers by name: fetched from a stand-in hub, then used from the cache without it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest
import torch
from safetensors.torch import load_file

from stand_in_hub import stand_in_hub
from tiny_reader import save_tiny_bert, save_word_finder

#: Calls docqa for each list of arguments, and prints a line of JSON with how each ended.
CALLS = """
import contextlib, io, json, sys
from docqa.cli import main
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code
    print(json.dumps({"code": code, "out": out.getvalue(), "err": err.getvalue()}), flush=True)
"""

GONE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Outcome:
    """How a call ended and what it printed."""

    code: int
    out: str
    err: str


def ask(folder, endpoint, *readers):
    """Asks with each reader (a name with more arguments), all in one process that knows the hub at `endpoint`."""
    calls = [
        [
            "ask",
            "What is the pilot paid in?",
            "--json",
            "--index",
            str(folder / "docqa.db"),
            "--reader",
            *reader.split(),
        ]
        for reader in readers
    ]
    ended = subprocess.run(
        [sys.executable, "-c", CALLS, json.dumps(calls)],
        env={**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(folder / "hub"), "HF_HUB_OFFLINE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return [Outcome(**json.loads(line)) for line in ended.stdout.splitlines()]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Asks by name with the hub there, then with the hub gone: (reader, whether the hub is there) to its outcome."""
    folder = tmp_path_factory.mktemp("hub")
    (folder / "pay.txt").write_text("The pilot is paid in silver by the council.\n", encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "docqa", "index", "pay.txt", "--index", "docqa.db"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    tiny = save_word_finder(folder / "tiny", "silver")
    # The hub's own models have no settings of docqa.
    (tiny / "docqa.json").unlink()
    old = shutil.copytree(tiny, folder / "old")
    torch.save(load_file(old / "model.safetensors"), old / "pytorch_model.bin")
    (old / "model.safetensors").unlink()
    encoder = save_tiny_bert(folder / "encoder", encoder_only=True)
    repositories = {
        "some-org/tiny": tiny,
        "tiny-bert-squad": tiny,
        "some-org/old": old,
        "some-org/encoder": encoder,
    }
    names = [*repositories, "some-org/old --unsafe-weights", "some-org/nothing"]
    with stand_in_hub(repositories) as hub:
        *there, again = ask(folder, hub.url, *names, "some-org/tiny")
    gone = ask(folder, GONE, *names)
    found = {(name, True): outcome for name, outcome in zip(names, there, strict=True)}
    found |= {(name, False): outcome for name, outcome in zip(names, gone, strict=True)}
    return {**found, "again": again, "requests": hub.requests}


def best_of(outcome):
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)["answers"][0]["text"]


def assert_one_sentence(outcome, *parts):
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("docqa: ")
    assert outcome.err.count("\n") == 1
    for part in parts:
        assert part in outcome.err


@pytest.mark.parametrize("name", ["some-org/tiny", "tiny-bert-squad"])
def test_a_reader_is_fetched_by_its_name_with_or_without_an_organisation(outcomes, name):
    outcome = outcomes[name, True]
    assert best_of(outcome) == "silver"
    assert json.loads(outcome.out)["reader"] == name
    assert ("GET", f"/{name}/resolve") in [(verb, path[: len(name) + 9]) for verb, path in outcomes["requests"]]


@pytest.mark.parametrize("name", ["some-org/tiny", "tiny-bert-squad"])
def test_a_reader_that_was_fetched_is_used_without_the_hub(outcomes, name):
    assert best_of(outcomes[name, False]) == "silver"


def test_a_reader_that_was_fetched_asks_the_hub_nothing(outcomes):
    assert best_of(outcomes["again"]) == "silver"
    # What was asked before it was the model that does not exist, and that is the last that the hub heard.
    assert "/some-org/nothing/" in outcomes["requests"][-1][1]


def test_weights_that_can_run_code_are_refused_with_the_option_that_allows_them(outcomes):
    assert_one_sentence(outcomes["some-org/old", True], "some-org/old", "safetensors", "--unsafe-weights")
    assert_one_sentence(outcomes["some-org/old", False], "some-org/old", "docqa-small")


@pytest.mark.parametrize("there", [True, False])
def test_weights_that_can_run_code_are_loaded_when_allowed(outcomes, there):
    assert best_of(outcomes["some-org/old --unsafe-weights", there]) == "silver"


@pytest.mark.parametrize("there", [True, False])
def test_an_encoder_is_refused_with_how_to_train_it(outcomes, there):
    assert_one_sentence(outcomes["some-org/encoder", there], "some-org/encoder", "docqa train")


def test_a_name_the_hub_does_not_have_is_refused_with_advice(outcomes):
    assert_one_sentence(outcomes["some-org/nothing", True], "some-org/nothing", "http://127.0.0.1:", "docqa-small")


def test_a_name_that_cannot_be_looked_up_is_refused_with_advice(outcomes):
    assert_one_sentence(outcomes["some-org/nothing", False], "some-org/nothing", GONE, "docqa-small")


def test_no_request_goes_to_another_service(outcomes):
    assert not [path for _, path in outcomes["requests"] if "commits" in path or "discussions" in path]
