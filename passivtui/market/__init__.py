"""Market data: datasets, the demo market, and preparing them for the engine. NumPy and the standard library suffice."""

from passivtui.market.candles import Candles
from passivtui.market.dataset import Dataset, DatasetEntry, list_datasets, open_dataset
from passivtui.market.description import MarketSpec
from passivtui.market.issues import DataIssue
from passivtui.market.prepare import prepare
from passivtui.market.prepared import Prepared
from passivtui.market.source import CandleSource

__all__ = [
    "CandleSource",
    "Candles",
    "DataIssue",
    "Dataset",
    "DatasetEntry",
    "MarketSpec",
    "Prepared",
    "list_datasets",
    "open_dataset",
    "prepare",
]
