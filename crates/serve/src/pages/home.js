
const API = "api/v1/ml/";
const state = document.getElementById("state");
const models = document.getElementById("models");
let key = "";
let turn = 0;

// Asks the interface; a refusal is an error with the server's own sentence.
async function ask(path, body) {
  const headers = {};
  if (key) headers["x-api-key"] = key;
  if (body) headers["content-type"] = "application/json";
  const init = { method: body ? "POST" : "GET", headers, body: body ? JSON.stringify(body) : undefined };
  const answer = await fetch(path, { ...init, cache: "no-store", credentials: "omit" });
  let said = {};
  try { said = await answer.json(); } catch { /* the status says enough */ }
  if (!answer.ok) {
    throw Object.assign(new Error(said.detail || "the server answered " + answer.status), { status: answer.status });
  }
  return said;
}

function number(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  return String(Number(value.toPrecision(4)));
}

function estimate(figure) {
  if (!figure) return "–";
  const bounded = typeof figure.low === "number" && typeof figure.high === "number";
  return number(figure.value) + (bounded ? " [" + number(figure.low) + ", " + number(figure.high) + "]" : "");
}

function origin(name) {
  if (name === "simulated") return el("strong", { class: "tag simulated" }, "SIMULATED DATA");
  if (name === "real") return el("strong", { class: "tag real" }, "REAL DATA");
  return el("span", { class: "tag" }, "origin of data not known");
}

function range(field) {
  const { min, max } = field.plausible || {};
  if (min === undefined && max === undefined) return field.kind.values ? field.kind.values.join(", ") : "any";
  if (max === undefined) return number(min) + " and more";
  if (min === undefined) return number(max) + " and less";
  return number(min) + " to " + number(max);
}

function task(card) {
  const names = { binary: "binary classification", multiclass: "classification of several classes",
    regression: "regression", anomaly: "anomaly detection" };
  return card.task ? names[card.task.type] + (card.task.classes ? ": " + card.task.classes.join(", ") : "") : "not known";
}

function drift(card) {
  if (!card.drift) return "not watched";
  const seen = card.drift.rows + (card.drift.rows === 1 ? " row" : " rows") + " in the window";
  if (card.drift.insufficient_data) return "too little to judge (" + seen + ")";
  if (!card.drift.drift_detected) return "requests look like training (" + seen + ")";
  return "DRIFT: " + (card.drift.feature || "the score") + " moved, p = " + number(card.drift.p_value) + " (" + seen + ")";
}

function pairs(rows) {
  return el("dl", {}, rows.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function figures(report) {
  if (!report) return [el("p", { class: "quiet" }, "The bundle holds no report with figures.")];
  const baselines = Object.keys(report.baselines);
  const rows = Object.entries(report.metrics).map(([name, figure]) =>
    [name, estimate(figure), ...baselines.map((baseline) => estimate(report.baselines[baseline][name]))]);
  return [
    el("p", { class: "quiet" }, [report.title, report.test_rows !== null ? report.test_rows + " sealed test rows" : null,
      report.ceiling_f1 !== null ? "no model can have an F1 above " + number(report.ceiling_f1) : null,
      "value [interval]"].filter(Boolean).join(" · ")),
    report.waivers ? el("p", { class: "warning" }, report.waivers + " findings of the leak guard were waived.") : null,
    table("Test metrics", ["Metric", "This model", ...baselines.map((name) => "Baseline " + name)], rows),
  ];
}

// One input of the form, with its unit and range; `value` is what to send.
function input(field, id) {
  const unit = field.unit ? " (" + field.unit + ")" : "";
  const note = id + "-note", wrong = id + "-wrong";
  let control;
  if (field.kind.values) {
    control = el("select", { id, "aria-describedby": wrong },
      field.nullable ? el("option", { value: "" }, "missing") : null,
      field.kind.values.map((value) => el("option", {}, value)));
  } else {
    const kind = field.kind.type === "number" ? { inputmode: "decimal" } : {};
    control = el("input", { id, type: "text", autocomplete: "off", "aria-describedby": note + " " + wrong, ...kind });
  }
  const hint = field.kind.values ? null : el("span", { class: "quiet", id: note },
    "plausible: " + range(field) + (field.nullable ? "; empty is missing" : ""));
  const mistake = el("span", { class: "wrong", id: wrong });
  const box = el("div", { class: "field" }, el("label", { for: id }, field.name + unit), control, hint, mistake);
  return {
    field, box, control,
    mark(text) {
      mistake.textContent = text;
      if (text) control.setAttribute("aria-invalid", "true"); else control.removeAttribute("aria-invalid");
    },
    fill(value) { control.value = value === null || value === undefined ? "" : String(value); },
    value() {
      const text = control.value.trim();
      if (text === "") {
        if (field.nullable) return null;
        throw new Error("a value is needed");
      }
      if (field.kind.type !== "number") return control.value;
      const value = Number(text.replace(",", "."));
      if (!Number.isFinite(value)) throw new Error("this is not a number");
      return value;
    },
  };
}

function reasons(answer) {
  if (answer.explanation_note) return el("p", { class: "quiet" }, "No reasons: " + answer.explanation_note);
  const list = answer.feature_importance;
  if (!list) return null;
  const most = Math.max(...list.map((reason) => Math.abs(reason.contribution)), 1e-12);
  return [el("h3", {}, "Reasons"), table("Reasons", ["Feature", "Value", "Moved the margin by", "Weight"],
    list.map((reason) => [reason.feature,
      (reason.value === null ? "missing" : number(reason.value)) + (reason.unit ? " " + reason.unit : ""),
      (reason.contribution > 0 ? "+" : "") + number(reason.contribution),
      el("meter", { min: "0", max: "1", value: Math.abs(reason.contribution) / most,
        "aria-label": "weight of " + reason.feature })]))];
}

function verdict(answer) {
  const figure = (name, value) => (value === undefined ? null : name + " " + number(value));
  const what = answer.label !== undefined ? answer.label : String(answer.prediction[0]) + (answer.unit ? " " + answer.unit : "");
  return [
    el("p", { class: "big" }, "Prediction: " + what),
    el("p", {}, [figure("probability", answer.probability), figure("score", answer.score),
      answer.threshold === null ? null : figure("threshold", answer.threshold), figure("confidence", answer.confidence),
      answer.interval ? "interval " + answer.interval.map(number).join(" to ") : null].filter(Boolean).join(" · ")),
    answer.probabilities ? table("Probabilities", ["Class", "Probability"],
      Object.entries(answer.probabilities).map(([name, value]) => [name, number(value)])) : null,
    (answer.warnings || []).map((warning) => el("p", { class: "warning" }, warning)),
    el("p", { class: "quiet" }, answer.model_info.loaded_from + " · version " + answer.model_info.model_version + " · " +
      answer.bundle_digest + " · request " + answer.request_id),
  ];
}

function attempt(name, card, id) {
  const inputs = card.fields.map((field, at) => input(field, id + "-" + at));
  const explain = el("input", { type: "checkbox", id: id + "-explain" });
  explain.checked = true;
  const answer = el("div", { role: "status" });
  const send = el("button", { type: "submit", class: "main" }, "Predict");
  const example = card.example ? el("button", { type: "button" }, "Fill in the example") : null;
  if (example) example.addEventListener("click", () => inputs.forEach((one) => { one.mark(""); one.fill(card.example[one.field.name]); }));
  const form = el("form", { novalidate: true, "aria-label": "Try " + name },
    el("h3", {}, "Try it"), el("div", { class: "fields" }, inputs.map((one) => one.box)),
    el("div", { class: "buttons" }, send, example, el("label", { for: id + "-explain" }, explain, "with reasons")), answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const features = {};
    let first = null;
    for (const one of inputs) {
      one.mark("");
      try { features[one.field.name] = one.value(); } catch (error) { one.mark(error.message); first = first || one; }
    }
    if (first) { first.control.focus(); return; }
    send.disabled = true;
    try {
      const version = card.alias === "champion" ? "auto" : String(card.model_version);
      const said = await ask(API + "predict", { model_name: name, model_version: version, features, explain: explain.checked });
      answer.replaceChildren(el("div", { class: "answer" }, verdict(said), reasons(said)));
    } catch (error) {
      const named = inputs.find((one) => error.message.includes("`" + one.field.name + "`"));
      if (named) { named.mark(error.message); named.control.focus(); }
      answer.replaceChildren(el("p", { class: "problem" }, error.message));
    } finally { send.disabled = false; }
  });
  return form;
}

function details(name, card, id) {
  const fields = card.fields.map((field) =>
    [field.name, field.unit || "–", range(field), field.nullable ? "yes" : "no"]);
  return [
    pairs([["Description", card.description], ["Task", task(card)],
      ["Threshold", card.threshold === null ? null : number(card.threshold)],
      ["Loaded from", card.loaded_from], ["Drift", drift(card)],
      ["Implausible numbers", card.implausible === "warn" ? "are answered with a warning" : "are refused"]]),
    el("h3", {}, "Judged"), figures(card.report),
    el("h3", {}, "Fields"), table("Fields", ["Field", "Unit", "Plausible", "May be missing"], fields),
    attempt(name, card, id),
  ];
}

function summary(model) {
  return [
    el("div", { class: "head" }, el("h2", {}, model.model_name), origin(model.data_origin),
      el("span", { class: "tag" }, "version " + model.model_version),
      model.alias ? el("span", { class: "tag" }, "@" + model.alias) : null),
    el("p", { class: "quiet" }, model.bundle_digest),
    model.data_origin === "simulated" ? el("p", { class: "warning" },
      "SIMULATED: this model was trained on rows that a simulator made. Its figures say nothing about real machines.") : null,
    model.held ? el("p", { class: "warning" }, "Held: somebody rolled it back, so its alias is not followed.") : null,
    model.trouble ? el("p", { class: "problem" }, "Trouble: " + model.trouble) : null,
  ];
}

async function show() {
  const own = ++turn;
  let health;
  try { health = await ask("health"); } catch (error) {
    state.textContent = "Nothing to show: " + error.message;
    models.replaceChildren();
    return;
  }
  if (own !== turn) return;
  const list = health.models;
  state.textContent = "Version " + health.version + ", " + health.status + ", " + list.length +
    (list.length === 1 ? " model." : " models.");
  const cards = new Map();
  const articles = list.map((model, at) => {
    const place = el("div", {}, el("p", { class: "quiet" }, "Reading the card …"));
    if (!cards.has(model.model_name)) {
      cards.set(model.model_name, ask(API + "models/" + encodeURIComponent(model.model_name) + "/card"));
    }
    cards.get(model.model_name).then((said) => {
      const card = said.served.find((one) => one.alias === model.alias && one.model_version === model.model_version);
      place.replaceChildren(...(card ? details(model.model_name, card, "model-" + at).flat(9).filter(Boolean)
        : [el("p", { class: "quiet" }, "It changed meanwhile: ask again.")]));
    }, (error) => {
      const hint = error.status === 401 ? "Type an API key with the scope ml:read to see its card." : "No card: " + error.message;
      place.replaceChildren(el("p", { class: error.status === 401 ? "quiet" : "problem" }, hint));
    });
    return el("article", {}, summary(model), place);
  });
  models.replaceChildren(...articles);
}

document.getElementById("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key = document.getElementById("key").value.trim();
  show();
});

show();
