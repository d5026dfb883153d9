# The BVPro image: one image, `worker` and `api` are commands of it.

FROM node:26-trixie-slim AS build
WORKDIR /app
# Install scripts of dependencies stay off (.npmrc): native code arrives ready-made inside the packages.
COPY package.json package-lock.json .npmrc ./
# npm 11 refuses a lock file that lacks optional packages of other platforms; `npm install` then takes the same versions.
RUN npm ci || npm install --no-save
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:26-trixie-slim
LABEL org.opencontainers.image.title="BVPro" \
      org.opencontainers.image.description="Watches and steers heating: every house, building and zone is one durable workflow." \
      org.opencontainers.image.licenses="Apache-2.0"
# There is no src/ here, so the launcher runs dist/ and never installs anything.
ENV NODE_ENV=production \
    BVPRO_HOME=/var/lib/bvpro
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/bin bin
COPY --from=build /app/package.json ./
# The folders exist and belong to `node` before the home becomes a volume: a new named volume takes both over.
RUN install -d -o node -g node -m 750 \
      /var/lib/bvpro /var/lib/bvpro/profiles /var/lib/bvpro/buildings /var/lib/bvpro/zones /var/lib/bvpro/data
COPY --chown=node:node profiles/EXAMPLE.json /var/lib/bvpro/profiles/
COPY --chown=node:node buildings/EXAMPLE.json /var/lib/bvpro/buildings/
COPY --chown=node:node zones/EXAMPLE.json /var/lib/bvpro/zones/
# Profiles, buildings, zones, data, settings.json and .env are one volume: files are replaced by renaming, which does
# not cross a mount, and credentials written by one process must reach the others.
VOLUME ["/var/lib/bvpro"]
USER node
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BVPRO_PORT ?? 8080}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node as process 1 reaps no orphans: run the image with an init (`init: true` in compose, `docker run --init`).
ENTRYPOINT ["node", "bin/bvpro.js"]
CMD ["api"]
