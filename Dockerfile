# One image for web, worker and beat: docker-compose.yml says which it is.
ARG PYTHON_IMAGE=python:3.11-slim
FROM ${PYTHON_IMAGE}

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/chatsite
# As chatsite/runtime/management/commands/run.py has them, and why.
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=65536
WORKDIR /srv/chatsite

COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY manage.py ./
COPY chatsite chatsite
COPY routing routing
COPY billing billing
COPY templates templates
COPY static static
COPY locale locale

# The key is for this line alone: nothing of it stays in the image.
RUN useradd --uid 1000 --create-home chatsite \
    && install --directory --owner chatsite "$VAR_DIR" "$VAR_DIR/attachments" \
    && SECRET_KEY="for collecting the static files, no more" \
       setpriv --reuid chatsite --regid chatsite --init-groups \
       python manage.py collectstatic --noinput --verbosity 0

USER chatsite
EXPOSE 8000
CMD ["python", "-m", "chatsite.runtime.web", "-b", "0.0.0.0", "-p", "8000"]
