
let described;

function resolve(thing) {
  while (thing && thing.$ref) {
    thing = thing.$ref.slice(2).split("/").reduce((at, key) => at[key], described);
  }
  return thing;
}

// A type in a few words.
function words(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.oneOf) return schema.oneOf.map(words).join(" | ");
  if (schema.type === "array") return "[" + words(schema.items || {}) + "]";
  if (schema.type === "object" && typeof schema.additionalProperties === "object") {
    return "{name: " + words(schema.additionalProperties) + "}";
  }
  let text = Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type || "anything";
  const bound = (key, sign) => { if (key in schema) text += " " + sign + " " + schema[key]; };
  bound("minimum", "≥"); bound("exclusiveMinimum", ">"); bound("maximum", "≤"); bound("exclusiveMaximum", "<");
  if ("default" in schema) text += ", default " + JSON.stringify(schema.default);
  return text;
}

// Fields of an object, and of the objects in it, a few levels deep.
function shape(schema, depth) {
  const inner = resolve(schema);
  const parts = inner.oneOf || [inner];
  return parts.map((part) => {
    part = resolve(part);
    if (part.type === "array" && part.items) return shape(part.items, depth);
    if (typeof part.additionalProperties === "object") return shape(part.additionalProperties, depth);
    if (!part.properties || depth > 3) return null;
    return el("ul", { class: "shape" }, Object.entries(part.properties).map(([name, field]) => {
      const text = resolve(field).description || field.description;
      const needed = (part.required || []).includes(name);
      return el("li", {}, el("code", {}, name), needed ? " " : "? ", el("span", { class: "quiet" }, words(field)),
        text ? [" – ", text] : null, shape(field, depth + 1));
    }));
  });
}

function bodies(content) {
  return Object.entries(content || {}).map(([kind, media]) => {
    const examples = media.examples ? Object.values(media.examples).map((example) => example.value) : [];
    if ("example" in media) examples.push(media.example);
    const show = (example) => el("pre", { tabindex: "0" },
      typeof example === "string" ? example : JSON.stringify(example, null, 2));
    const text = resolve(media.schema).description;
    return [el("p", {}, el("code", {}, kind), " ", el("span", { class: "quiet" }, words(media.schema)),
      text ? [" – ", text] : null), shape(media.schema, 0), examples.map(show)];
  });
}

function operation(path, method, item, said) {
  const parameters = [...(item.parameters || []), ...(said.parameters || [])].map(resolve);
  const scope = said.security ? said.security[0].apiKey[0] : null;
  const answers = Object.entries(said.responses).map(([status, answer]) => [status, resolve(answer)]);
  const good = answers.filter(([status]) => status === "200");
  return el("details", { id: said.operationId },
    el("summary", {}, el("span", { class: "method " + method }, method.toUpperCase()), " ", el("code", {}, path),
      " ", el("span", { class: "quiet" }, said.summary)),
    el("div", { class: "body" },
      said.description ? el("p", {}, said.description) : null,
      el("p", { class: "quiet" }, scope ? "Needs the scope " + scope + "." : "Needs no key."),
      parameters.length ? [el("h3", {}, "Parameters"), el("ul", { class: "shape" }, parameters.map((parameter) =>
        el("li", {}, el("code", {}, parameter.name), parameter.required ? " " : "? ",
          el("span", { class: "quiet" }, parameter.in + ", " + words(parameter.schema)),
          parameter.description ? [" – ", parameter.description] : null)))] : null,
      said.requestBody ? [el("h3", {}, "Request"), bodies(said.requestBody.content)] : null,
      good.map(([, answer]) => [el("h3", {}, "Answer"), el("p", {}, answer.description), bodies(answer.content)]),
      el("h3", {}, "Refusals"),
      table("Refusals", ["Status", "Why"], answers.filter(([status]) => status !== "200")
        .map(([status, answer]) => [status, el("span", { class: "why" }, answer.description)]))));
}

async function start() {
  const state = document.getElementById("state");
  try {
    const answer = await fetch("openapi.json");
    described = await answer.json();
  } catch (error) {
    state.textContent = "The document cannot be read: " + error.message;
    return;
  }
  state.replaceChildren("Version " + described.info.version + " · ", el("a", { href: "openapi.json" }, "openapi.json"),
    " (OpenAPI " + described.openapi + ")");
  const schemes = Object.values(described.components.securitySchemes).map((scheme) =>
    el("li", {}, el("code", {}, scheme.name || "Authorization: Bearer"), " – ", scheme.description));
  const sections = described.tags.map((tag) => {
    const own = Object.entries(described.paths).flatMap(([path, item]) =>
      Object.entries(item).filter(([, said]) => said.tags && said.tags.includes(tag.name))
        .map(([method, said]) => operation(path, method, item, said)));
    return el("article", {}, el("h2", {}, tag.name), el("p", { class: "quiet" }, tag.description), own);
  });
  document.getElementById("document").append(
    el("p", {}, described.info.description), el("ul", { class: "shape" }, schemes), el("p", {}), ...sections);
  const wanted = document.getElementById(location.hash.slice(1));
  if (wanted && wanted.tagName === "DETAILS") { wanted.open = true; wanted.scrollIntoView(); }
}

start();
