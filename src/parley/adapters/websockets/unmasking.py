"""Unmasking of WebSocket frames."""

try:
    from websockets.speedups import apply_mask as unmask
except ImportError:  # no wheel for this platform, and no compiler when it was installed
    from websockets.utils import apply_mask as unmask

__all__ = ["unmask"]
