from endpoints.models.api_key import ApiKey
from endpoints.models.eight_by_eight_config import EightByEightConfig
from endpoints.models.endpoint import BotKind, CallbackTrouble, Endpoint

__all__ = ["ApiKey", "BotKind", "CallbackTrouble", "EightByEightConfig", "Endpoint"]
