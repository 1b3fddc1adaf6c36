# The steps are in docker/build.sh, so that they can be run, and are tested, without Docker.
FROM python:3.13-slim AS build
COPY . /source
RUN sh /source/docker/build.sh /opt/lamplighter

FROM python:3.13-slim
RUN useradd --system --no-create-home --shell /usr/sbin/nologin lamplighter \
    && install --directory --owner lamplighter /var/lib/lamplighter
COPY --from=build /opt/lamplighter /opt/lamplighter
USER lamplighter
WORKDIR /opt/lamplighter/app
ENV BIND=0.0.0.0:8000 DEBUG=0 PYTHONUNBUFFERED=1 LAMPLIGHTER_VAR=/var/lib/lamplighter
EXPOSE 8000
ENTRYPOINT ["sh", "/opt/lamplighter/app/docker/entrypoint.sh"]
CMD ["web"]
