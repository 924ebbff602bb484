# docker build -t tokapp .                                                       CPU
# docker build -t tokapp --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 .   CUDA wheels
# docker run -i -v tokapp:/home/tokapp/.tokapp tokapp tokapp users add NAME --role admin   the first account
# docker run -p 8501:8501 -v tokapp:/home/tokapp/.tokapp tokapp
FROM python:3.11-slim

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

RUN useradd --create-home --uid 1000 tokapp \
    && mkdir -p /opt/tokapp /home/tokapp/.tokapp \
    && chown -R tokapp:tokapp /opt/tokapp /home/tokapp/.tokapp

WORKDIR /opt/tokapp
COPY --chown=tokapp:tokapp pyproject.toml constraints.txt README.md app.py ./
COPY --chown=tokapp:tokapp tokapp ./tokapp
COPY --chown=tokapp:tokapp pages ./pages
COPY --chown=tokapp:tokapp data ./data
COPY --chown=tokapp:tokapp .streamlit ./.streamlit

RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" -c constraints.txt ".[postgres]"

USER tokapp
# Inside a container the server listens on every address, which it refuses to do without sign-in.
ENV TOKAPP_HOME=/home/tokapp/.tokapp \
    TOKAPP_AUTH=local \
    PYTHONUNBUFFERED=1
VOLUME /home/tokapp/.tokapp
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["tokapp", "run", "--port", "8501", "--address", "0.0.0.0"]
