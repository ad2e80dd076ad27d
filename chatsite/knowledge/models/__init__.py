"""Articles, where they came from, and what the search keeps of them."""

from chatsite.knowledge.models.article import LANGUAGES, Article, ArticleSource, ArticleVersion
from chatsite.knowledge.models.article_import import Import, ImportFile
from chatsite.knowledge.models.search_index_state import Edition, Embedding

__all__ = [
    "LANGUAGES",
    "Article",
    "ArticleSource",
    "ArticleVersion",
    "Edition",
    "Embedding",
    "Import",
    "ImportFile",
]
