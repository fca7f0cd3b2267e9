"""A client of the real yaml-language-server: a spec in a folder goes in, what an editor would show comes out."""

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Editor"]

SERVER = Path("yaml-language-server", "bin", "yaml-language-server")


class Editor:
    """An editor with a folder open; its requests are those of the Language Server Protocol 3.17."""

    def __init__(self, folder: Path, modules: Path) -> None:
        self.folder, self._count = folder, 0
        self._process = subprocess.Popen(
            ["node", modules / SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder
        )
        capabilities = {"textDocument": {"publishDiagnostics": {}, "hover": {"contentFormat": ["markdown"]}}}
        root = {"processId": os.getpid(), "rootUri": folder.as_uri(), "capabilities": capabilities}
        self._ask("initialize", root)
        self._send({"method": "initialized", "params": {}})
        settings = {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": settings}})

    def __enter__(self) -> "Editor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def diagnostics(self, text: str) -> list[tuple[int, int, str]]:
        """Return the messages about a text, with line and column from 1."""
        document = self._open(text)
        while True:
            said = self._read()
            if said.get("method") == "textDocument/publishDiagnostics" and said["params"]["uri"] == document["uri"]:
                return [
                    (one["range"]["start"]["line"] + 1, one["range"]["start"]["character"] + 1, one["message"])
                    for one in said["params"]["diagnostics"]
                ]

    def hover(self, text: str) -> str:
        """Return what is shown where the text has a ‸."""
        found = self._ask("textDocument/hover", self._at(text))
        return str(found["contents"]["value"]) if found else ""

    def completions(self, text: str) -> dict[str, str]:
        """Return what is offered where the text has a ‸, each with its documentation."""
        found = self._ask("textDocument/completion", self._at(text))
        items = found["items"] if isinstance(found, dict) else found or []
        return {item["label"]: _plain(item.get("documentation", "")) for item in items}

    def _open(self, text: str) -> dict[str, Any]:
        self._count += 1
        uri = (self.folder / f"net{self._count}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return document

    def _at(self, text: str) -> dict[str, Any]:
        before = text.partition("‸")[0]
        document = self._open(text.replace("‸", ""))
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return {"textDocument": {"uri": document["uri"]}, "position": position}

    def _ask(self, method: str, params: object) -> Any:
        self._count += 1
        number = self._count
        self._send({"id": number, "method": method, "params": params})
        while True:
            said = self._read()
            if said.get("id") == number and "method" not in said:
                assert "error" not in said, said["error"]
                return said["result"]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        """Return the next message; a question of the server is answered with nothing."""
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server ended"
        said: dict[str, Any] = json.loads(stream.read(length))
        if "id" in said and "method" in said:
            answer = [None] * len(said["params"].get("items", ())) if said.get("params") else None
            self._send({"id": said["id"], "result": answer})
        return said


def _plain(documentation: Any) -> str:
    return str(documentation.get("value", "") if isinstance(documentation, dict) else documentation)
