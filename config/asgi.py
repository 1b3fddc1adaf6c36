import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("LAMPLIGHTER_PROCESS", "web")  # settings.py limits a page's queries by it

application = get_asgi_application()
