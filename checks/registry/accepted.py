"""Where our server differs from MLflow on purpose, each with its reason.

An entry names where it holds (a regular expression on `case / label`) and what MLflow and ours answer (on `status
body`). One that covers nothing is reported, so that the list cannot outlive its reasons.
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Accepted:
    reason: str
    where: str = ""
    real: str = ""
    ours: str = ""

    def covers(self, place, real, ours):
        return all(re.search(*pair) for pair in [(self.where, place), (self.real, real), (self.ours, ours)])


ERROR = r'"error_code": "'
ACCEPTED = [
    Accepted(
        "A mistake in a request is answered as one; upon MLflow's 5xx clients try again for minutes.",
        real=r"^5\d\d ",
        ours=rf"^4\d\d .*{ERROR}",
    ),
    Accepted(
        "What is not there is answered in MLflow's own error shape, never with a page.",
        real=r'^(404|405|308) "a page"',
        ours=rf"^40[45] .*{ERROR}",
    ),
    Accepted(
        "Traces, webhooks, gateways and prompts are no part of a registry for training.",
        where=r"^routing-out-of-scope / ",
        ours=rf"^404 .*{ERROR}ENDPOINT_NOT_FOUND",
    ),
    Accepted(
        "A place on the server's disk outside the artefact roots, or one that climbs, is refused when it is named.",
        where=r"^(experiments-create-(local-)?locations|paths-locations) / location",
        real=r"^200 ",
        ours=rf"^400 .*{ERROR}INVALID_PARAMETER_VALUE",
    ),
    Accepted(
        "A path with a backslash, a drive, a null byte, a dot or an empty part is refused; MLflow treats it as a name.",
        where=r"^paths-(proxy|of-runs) / ",
        real=r"^(200|308|404) ",
        ours=rf"^40[04] .*{ERROR}(INVALID_PARAMETER_VALUE|RESOURCE_DOES_NOT_EXIST)",
    ),
    Accepted(
        "By default a remote source may be anywhere, as in MLflow 3.12; --strict-sources has the rules of 3.17.",
        where=r"^(versions-sources|versions-of-logged-models|paths-sources) / ",
        real=r"must identify the resource|must match the referenced model version|cannot use the '\w+' scheme",
        ours=r"^200 ",
    ),
    Accepted(
        "A value that does not fit its field is refused; MLflow drops it, and all fields after it, without a word.",
        real=r"^200 ",
        ours=rf'^400 .*{ERROR}INVALID_PARAMETER_VALUE", "message": "Invalid value .* Hint: Value was of type ',
    ),
    Accepted(
        "An error has one shape; MLflow's artefact routes answer some with a `detail`.",
        where=r"^(artifacts-proxy|paths-proxy) / ",
        real=r'"(\.content)?\.detail": "',
        ours=r'error_code": "',
    ),
    Accepted(
        "A drive is a local path, on every system.",
        where=r"^paths-sources / source 'C:/",
        ours=rf"^400 .*{ERROR}INVALID_PARAMETER_VALUE",
    ),
    Accepted(
        "JSON has no bare NaN.",
        where=r"^metrics-bulk / NaN$",
        real="<NaN>",
    ),
    Accepted(
        "There is no gateway behind this server, and it says so.",
        where=r"server-info$",
        ours=r"gateway\": false",
    ),
    Accepted(
        "This server has metrics of its own.",
        where=r"^routing-paths / GET /metrics$",
        ours=r"^200 ",
    ),
    Accepted(
        "Doubled slashes before a path are not passed over.",
        where=r"^routing-paths / GET //api",
        ours=rf"^404 .*{ERROR}ENDPOINT_NOT_FOUND",
    ),
    Accepted(
        "What is plain text is served as plain text.",
        where=r"^routing-paths / (GET /version|HEAD /health)$",
    ),
    Accepted(
        "Searching datasets answers at the path that the web page uses and at the one that the protocol means.",
        where=r"^runs-inputs / search",
        real=r"^404 ",
    ),
    Accepted(
        "MLflow loses these variables between GraphQL and its handler; ours does what is asked.",
        where=r"^graphql-operations / (history (of 3|between|backwards|of NaN)|search the deleted)$",
    ),
    Accepted(
        "GraphQL's own directives are there, and a GET is answered.",
        where=r"^graphql-operations / (skip|GET)$",
    ),
    Accepted(
        "A query that cannot be read is answered as GraphQL says, not with a page.",
        where=r"^graphql-refusals / (no query|empty|broken)$",
        real=r"^500 ",
        ours=r'^200 .*"errors": \["Syntax Error',
    ),
    Accepted(
        "What the database says to a row that is there already is nobody's contract.",
        real=r"^400 .*<the database's words>",
        ours=rf"^400 .*{ERROR}(BAD_REQUEST|RESOURCE_ALREADY_EXISTS)",
    ),
    Accepted(
        "What was refused before is not there at the end.",
        where=r"^metrics-log / after all$",
    ),
    Accepted(
        "Keys and names are as long as the database of a team takes them; MLflow on SQLite takes any.",
        where=r"^(runs-create / long tag key|logged-create / long)$",
        real=r"^200 ",
        ours=rf"^400 .*{ERROR}INVALID_PARAMETER_VALUE.* exceeds the maximum length",
    ),
    Accepted(
        "A run of no experiment belongs to the default one, as in MLflow's file store.",
        where=r"^runs-create / no experiment$",
        real=r"^400 ",
        ours=r"^200 ",
    ),
    Accepted(
        "Operators may be written in lower case everywhere.",
        where=r"^experiments-search / filter name like ",
        real=r"^400 .*Invalid comparator 'like'",
        ours=r"^200 ",
    ),
    Accepted(
        "A page of fewer than no rows is refused; MLflow answers whatever SQLite makes of it.",
        where=r"^(models|logged)-search / size -1$",
        real=r"^200 ",
        ours=rf"^400 .*{ERROR}INVALID_PARAMETER_VALUE.*positive integer",
    ),
    Accepted(
        "Follows from the refused step with a fraction, which MLflow drops together with what follows it.",
        where=r"^metrics-log / after all$",
        real="step fraction",
    ),
    Accepted(
        "A logged model that does not exist is not found, whichever source was named.",
        where=r"^versions-of-logged-models / another id$",
        real="must identify the resource",
        ours=rf"^404 .*{ERROR}RESOURCE_DOES_NOT_EXIST",
    ),
    Accepted(
        "The path says which logged model is meant, not a second identifier in the body.",
        where=r"^logged-life / (status of another id|after all|deleted, but allowed)$",
        ours="LOGGED_MODEL_READY",
    ),
    Accepted(
        "A status is found by its name; MLflow compares the name with the number in its table and finds nothing.",
        where=r"^logged-search / filter `status = '(LOGGED_MODEL_)?READY'`$",
    ),
    Accepted(
        "Times of logged models are numbers under each of their names.",
        where=r"^logged-search / filter `last_updated_time > 0`$",
        real=r"^400 ",
        ours=r"^200 ",
    ),
    Accepted(
        "The plain file name of a header keeps ASCII only; `filename*` has the real one.",
        where=r"^artifacts-proxy / get with%20blank",
    ),
    Accepted(
        "Slashes at the end of a path say nothing.",
        where=r"^(artifacts-proxy / get a\.txt/|artifacts-of-runs / get-artifact an empty path)$",
    ),
    Accepted(
        "An error is JSON everywhere.",
        where=r"^artifacts-of-runs / get-artifact no path$",
        real=r'"a page"',
        ours=rf"^400 .*{ERROR}BAD_REQUEST",
    ),
    Accepted(
        "Second spellings of a path are folded into the one file, below the root, that they mean.",
        where=r"^paths-proxy / PUT (\./a|a/\./b|file:|http:|s3:|\.\.\.\.//)|^paths-of-runs / upload (http|s3):",
        real=rf"^500 .*{ERROR}INTERNAL_ERROR",
        ours=r"^200 ",
    ),
    Accepted(
        "A line break in a name is stored escaped; MLflow's routes do not match it.",
        where=r"^paths-proxy / (GET|PUT|DELETE) a%0ab$",
        real=r"^404 .*Not Found",
    ),
    Accepted(
        "What follows `#` is no part of an address, and no HTTP client sends it.",
        where=r"^paths-proxy / (GET|DELETE) a#\.\./b$",
        real=r"^400 .*Invalid path",
    ),
    Accepted(
        "A null byte is escaped, and names a folder that is not there.",
        where=r"^paths-proxy / list %00$",
    ),
    Accepted(
        "A body that is no JSON of reasonable size is no body: half a character, 128 levels, numbers beyond a double.",
        where=r"^routing-bodies / (surrogate|deep|large number)$",
        real=r"^200 ",
        ours=rf"^400 .*{ERROR}INVALID_PARAMETER_VALUE",
    ),
    Accepted(
        "A bare NaN is read as the text that protocol buffers use for it.",
        where=r"^routing-bodies / NaN$",
        real=r"^400 ",
        ours=r"^200 ",
    ),
    Accepted(
        "A fragment in itself adds nothing, and is no error.",
        where=r"^graphql-refusals / a cycle$",
    ),
]
