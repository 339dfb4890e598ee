"""An HTTP client for the API of a broker under test, which holds each answer to the OpenAPI document that the broker serves."""
import http.client
import json
import re
import socket
import urllib.parse

# Answers that are not about one path alone.
GENERAL = {400, 413, 414, 417, 429, 431, 500, 501, 505}


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.type = headers.get("Content-Type", "")
        self.json = json.loads(body) if "json" in self.type and body else None

    @property
    def detail(self):
        return (self.json or {}).get("detail", "")

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


def quote(text):
    """A text as one part of a path."""
    return urllib.parse.quote(text, safe="")


class Api:
    """`where` is the path of a unix socket, or (host, port); `tls` is the context of HTTPS."""

    def __init__(self, where, token=None, tls=None):
        self.where, self.token, self.tls = where, token, tls
        self._document = None

    def with_token(self, token):
        return Api(self.where, token, self.tls)

    def _connect(self):
        if self.tls:
            return http.client.HTTPSConnection(*self.where, timeout=30, context=self.tls)
        if isinstance(self.where, tuple):
            return http.client.HTTPConnection(*self.where, timeout=30)
        return UnixConnection(self.where)

    def raw(self, method, path, body=None, headers=None):
        """One request over a connection of its own, without a look at the document."""
        connection = self._connect()
        try:
            headers = dict(headers or {})
            if self.token:
                headers.setdefault("Authorization", f"Bearer {self.token}")
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def ask(self, method, path, body=None, query=None, headers=None):
        """`body` is JSON's, or text as it is; the answer is held to the document."""
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            if not isinstance(body, str):
                body = json.dumps(body)
        elif method in ("POST", "PUT"):
            headers.setdefault("Content-Type", "application/json")
            body = "{}"
        if query:
            path += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        answer = self.raw(method, path, body, headers)
        fault = self.fault_of(method, path.partition("?")[0], answer)
        if fault:
            raise AssertionError(f"{method} {path}: {fault}: {answer}")
        return answer

    def get(self, path, **query):
        return self.ask("GET", path, query=query)

    def post(self, path, body=None):
        return self.ask("POST", path, body)

    def delete(self, path, **query):
        return self.ask("DELETE", path, query=query)

    def pages(self, path, name, **query):
        """What all pages list together."""
        found = []
        while True:
            answer = self.get(path, **query)
            if answer.status != 200:
                raise AssertionError(f"{path}: {answer}")
            found += answer.json[name]
            if "cursor" not in answer.json:
                return found
            query["cursor"] = answer.json["cursor"]

    # --- the document

    def use_document(self, document):
        self._document = document
        return self

    @property
    def document(self):
        if self._document is None:
            answer = self.raw("GET", "/api/v1/openapi.json")
            if answer.status != 200:
                raise AssertionError(f"no OpenAPI document: {answer}")
            self._document = json.loads(answer.body)
        return self._document

    def operations(self):
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def resolved(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].split("/")[1:]:
                target = target[part]
            node = target
        return node

    def described(self, method, path):
        """What the document says of a request; None: nothing."""
        for pattern, methods in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", pattern), path):
                return methods.get("get" if method == "HEAD" else method.lower())
        return None

    def fault_of(self, method, path, answer):
        """What of an answer is not as the document says; None: nothing."""
        operation = self.described(method, path)
        if operation is None:
            return None if answer.status in (404, 405) else "the document does not know the request"
        answers = operation["responses"]
        if str(answer.status) in answers:
            described = self.resolved(answers[str(answer.status)])
        elif answer.status in GENERAL:
            described = self.resolved(answers["default"])
        else:
            return "the document does not know this status"
        if "content" not in described:
            return "there is a body" if answer.body else None
        for kind, content in described["content"].items():
            if answer.type.startswith(kind):
                value = answer.json if "json" in kind else answer.body.decode()
                return None if method == "HEAD" else self.value_fault(value, content["schema"], "body")
        return f"the document does not know the type {answer.type}"

    def value_fault(self, value, schema, at):
        """The part of JSON Schema that the document uses."""
        schema = self.resolved(schema)
        kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
        if "type" not in schema:
            return None  # any value
        kind = schema["type"]
        if not isinstance(value, kinds[kind]) or (kind == "integer" and isinstance(value, bool)):
            return f"{at} is no {kind}"
        if "const" in schema and value != schema["const"]:
            return f"{at} is not the constant"
        if "enum" in schema and value not in schema["enum"]:
            return f"{at} is none of the values"
        if "minimum" in schema and value < schema["minimum"]:
            return f"{at} is too small"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return f"{at} does not match"
        if kind == "array":
            faults = (self.value_fault(item, schema["items"], f"{at}[{i}]") for i, item in enumerate(value))
            return next((fault for fault in faults if fault), None)
        if kind != "object":
            return None
        known = schema.get("properties", {})
        more = schema.get("additionalProperties", True)
        for name in schema.get("required", []):
            if name not in value:
                return f"{at} lacks {name}"
        for name, member in value.items():
            if name not in known and more is False:
                return f"{at}.{name} is not described"
            member_schema = known.get(name, more if isinstance(more, dict) else None)
            fault = member_schema and self.value_fault(member, member_schema, f"{at}.{name}")
            if fault:
                return fault
        return None
