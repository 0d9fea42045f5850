"""The web process: the house of `hectis_flow.wiring`, and every address that is asked over HTTP.

Called by `wsgi`. Commands and workers need no Flask and take the house alone.
"""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from config.logs import configure_logging
from config.settings import ROOT, Settings
from hectis_flow.api.edge import install_api
from hectis_flow.services.house import House
from hectis_flow.storage.base import db
from hectis_flow.web.front import install_front
from hectis_flow.web.health import install_health
from hectis_flow.web.hooks import install_hooks
from hectis_flow.web.link import install_link
from hectis_flow.web.mailbox import install_mailbox
from hectis_flow.web.receipts import install_receipts
from hectis_flow.web.replies import install_replies
from hectis_flow.web.rooms import install_rooms
from hectis_flow.web.templating import RowsFirst
from hectis_flow.web.trouble import install_trouble
from hectis_flow.web.weight import install_weight
from hectis_flow.wiring import POOL, engine_options, make_house


def create_app(settings: Settings) -> Flask:
    """Wire one process of the service. Touches neither the database nor Redis until it is used."""
    configure_logging(settings.log_level)
    web = ROOT / "hectis_flow" / "web"
    app = Flask(
        "hectis_flow",
        root_path=str(web.parent),
        static_folder=str(web / "static"),
        template_folder=str(web / "templates"),
    )
    app.jinja_environment = RowsFirst
    app.config.update(
        SECRET_KEY=settings.keys.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options() | POOL,
        MAX_CONTENT_LENGTH=settings.max_message_bytes,
    )
    if settings.http_proxies:  # else anybody could say from where they ask
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.http_proxies, x_proto=0)  # type: ignore[method-assign]
    db.init_app(app)
    app.extensions["hectis_settings"] = settings
    with app.app_context():
        app.extensions["hectis_house"] = make_house(db.engine, settings)
    install_front(app, install_health(app))
    install_link(app)
    install_hooks(app)
    install_replies(app)
    install_mailbox(app)
    install_receipts(app)
    install_rooms(app)
    install_weight(app)
    install_api(app)
    install_trouble(app)
    return app


def house_of(app: Flask) -> House:
    """The house of an app made here."""
    house: House = app.extensions["hectis_house"]
    return house
