"""onnxruntime with its telemetry off: its official Linux builds report to their maker unless told not to.

It must be told before it is first imported, so everything here imports it from this module.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

__all__ = ["onnxruntime"]
