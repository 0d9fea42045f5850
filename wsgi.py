"""What gunicorn loads: `gunicorn --config config/gunicorn.py wsgi:app`."""

from config.settings import load
from hectis_flow.app import create_app

app = create_app(load())
