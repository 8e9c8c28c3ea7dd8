"""The REST door: parse, call one service method, translate the answer."""
