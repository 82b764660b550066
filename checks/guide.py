"""The request that the guide sends, and the models that may answer it."""

MODEL = "ai4i_classifier_randomforest_baseline"
FEATURES = {
    "Air_temperature_K": 298.1,
    "Process_temperature_K": 308.6,
    "Rotational_speed_rpm": 1551,
    "Torque_Nm": 42.8,
    "Tool_wear_min": 108,
}


def request(model, features=None):
    return {
        "model_name": model,
        "model_version": "auto",
        "features": FEATURES if features is None else features,
    }


def published(registry):
    """The model's name in a registry's folder: trained on real rows if there is one, else its simulated twin."""
    for name in (MODEL, f"{MODEL}_sim"):
        if (registry / "published" / name / "champion.json").is_file():
            return name
    return None
