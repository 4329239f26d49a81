"""What the API's document cannot say to a generator, and checks of what it says in words of its own.

Loaded by schemathesis (SCHEMATHESIS_HOOKS); tests/openapi.rs starts it.
"""

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import jsonschema_rs
import schemathesis
from hypothesis import strategies as st

# The apps of the service that is tested.
APPS = ["demo", "demo-cert"]
ITEM_SCHEMA = "x-item-schema"

document = {}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Narrows the document to this service, says its words as rules, and is stricter with answers than a client would be."""
    document.update(json.loads(json.dumps(raw_schema)))
    check_examples()
    name_apps(raw_schema)
    name_rules(raw_schema["components"]["schemas"])
    describe_items(raw_schema)
    close(raw_schema)


def check_examples():
    """Every example is what its schema says."""
    for path, method, operation in operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (content for body in bodies for content in body.get("content", {}).values()):
            if "example" not in content:
                continue
            if ITEM_SCHEMA in content:
                check_items(content[ITEM_SCHEMA], content["example"])
            else:
                validator(content["schema"]).validate(content["example"])


def validator(schema):
    return jsonschema_rs.validator_for({**schema, "components": document["components"]}, validate_formats=True)


def check_items(schema, text):
    """Lines of JSON, or events whose data are JSON, are all as a schema says. What the reader cut off is passed over."""
    lines = text.splitlines()
    if any(line.startswith("id: ") for line in lines):
        whole = text[: text.rfind("\n\n") + 1].splitlines()
        lines = [line.removeprefix("data: ") for line in whole if line.startswith("data: ")]
    item = validator(schema)
    for line in lines:
        error = next(item.iter_errors(json.loads(line)), None)
        assert error is None, f"{line}: {error.message}"


def operations(schema):
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def name_apps(schema):
    """Any other app is refused, which a document for every service cannot know."""
    named = [schema["components"]["schemas"]["Push"]["properties"]["app"]]
    for path, _, operation in operations(schema):
        for parameter in operation.get("parameters", []):
            # A feed of an app that is not there is empty.
            if parameter["name"] == "app" and path != "/v1/events":
                named.append(parameter["schema"])
                # There is more than one.
                parameter["required"] = True
        form = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data")
        if form:
            name_empty(form["schema"]["properties"])
        # To convert a file nobody is asked.
        if form and path == "/v1/credentials/check":
            named.append(form["schema"]["properties"]["app"])
    for app in named:
        app.pop("pattern", None)
        app["enum"] = [*app.get("enum", []), *APPS]


def name_empty(fields):
    """Browsers send every field of a form: an empty text is as none, which is no word that a client need know."""
    fields["app"].pop("pattern")
    for field in fields.values():
        if "enum" in field:
            field["enum"].append("")


def name_rules(schemas):
    """Which fields go together: in words in the document, because programs that make clients make nonsense of this."""
    given = lambda name, schema: {"required": [name], "properties": {name: schema}}
    text = {"type": "string"}
    kinds = schemas["Message"]["properties"]["push_type"]["enum"]
    silent = [kind for kind in kinds if kind not in ("alert", None)]
    shows = {
        "anyOf": [given("title", text), given("body", text)],
        "properties": {"push_type": {"enum": [kind for kind in kinds if kind != "background"]}},
    }
    says = [
        given("push_type", {"enum": silent}),
        given("data", {"type": "object", "minProperties": 1}),
        given("overrides", {"type": "object", "minProperties": 1}),
        given("badge", {"type": "integer"}),
    ]
    hides = {
        "anyOf": says,
        "properties": {"title": {"type": "null"}, "body": {"type": "null"}, "push_type": {"enum": [*silent, None]}},
    }
    schemas["Message"]["anyOf"] = [shows, hides]
    # In the future it would need durable delivery, and be 30 days ahead at most.
    schemas["Options"]["properties"]["send_at"]["format"] = "past"
    ringtone = schemas["Sound"]["oneOf"][1]
    ringtone["anyOf"] = [{"properties": {"volume": {"type": "null"}}}, given("critical", {"const": True})]


def describe_items(schema):
    """Bodies of items one after the other, in the way that schemathesis has them."""
    for _, _, operation in operations(schema):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if ITEM_SCHEMA in content:
                content["schema"] = {"type": "array", "items": content[ITEM_SCHEMA], "maxItems": 20}
                content.pop("example")
        events = operation["responses"].get("200", {}).get("content", {}).get("text/event-stream")
        if events:
            texts = {name: {"type": "string"} for name in ("id", "event", "data")}
            events["schema"] = {"type": "object", "properties": texts, "required": [*texts], "additionalProperties": False}


def close(schema):
    """A client passes over fields that it does not know; here a field that the document does not know is a fault."""
    for name, component in schema["components"]["schemas"].items():
        if "properties" in component:
            component.setdefault("additionalProperties", is_part(schema, name))


def is_part(schema, name):
    """Whether it is joined with others, so that what is undocumented here may be documented there."""
    return f'"allOf": [{{"$ref": "#/components/schemas/{name}"' in json.dumps(schema)


# Formats that are the API's own, or narrower there than the document can say.
schemathesis.openapi.format(
    "android-intent",
    st.sampled_from(
        [
            "intent:#Intent;end",
            "intent://order/4711#Intent;scheme=shop;package=com.example.app;end",
            "intent:#Intent;action=android.intent.action.VIEW;S.order=4711;i.count=2;end",
            "intent:#Intent;launchFlags=0x14000000;component=com.example.app/.OrderActivity;end",
        ]
    ),
)
schemathesis.openapi.format(
    "past",
    st.integers(min_value=-1000, max_value=0).map(
        lambda days: (datetime.now(timezone.utc) + timedelta(days=days)).isoformat()
    ),
)


# Some real credentials, beside files that are none.
CREDENTIALS = sorted(Path(os.environ["PUSHMUX_CREDENTIALS"]).glob("*.p*"))
schemathesis.openapi.format("binary", st.sampled_from([file.read_bytes() for file in CREDENTIALS]) | st.binary(max_size=200))


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    """A list of pushes as lines; what is no list is one line."""
    values = value if isinstance(value, list) else [value]
    return "".join(json.dumps(value) + "\n" for value in values).encode()


@schemathesis.check
def item_conformance(ctx, response, case):
    """Every line of an answer in lines, and every event of a feed, is as the document says."""
    kind = (response.headers.get("content-type") or [""])[0].split(";")[0]
    operation = document["paths"][case.operation.path][case.operation.method]
    answer = operation["responses"].get(str(response.status_code), {})
    item = answer.get("content", {}).get(kind, {}).get(ITEM_SCHEMA)
    if item is None:
        return
    check_items(item, response.content.decode())


@schemathesis.check
def strangers_are_refused(ctx, response, case):
    """Without a key there is nothing to be had but health."""
    is_health = case.operation.path in ("/healthz", "/readyz") and case.method == "GET"
    if "PUSHMUX_KEY" not in os.environ and not is_health:
        assert response.status_code == 401, f"a stranger was answered {response.status_code}"
        assert "www-authenticate" in response.headers
