# docker build -t tailrace . && docker run -p 4317:4317 -p 4318:4318 -p 8888:8888 tailrace

FROM node:24-alpine AS build
WORKDIR /tailrace
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build
RUN npm prune --omit=dev

FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /tailrace
COPY package.json LICENSE ./
COPY proto ./proto
COPY --from=build /tailrace/node_modules ./node_modules
COPY --from=build /tailrace/dist ./dist
COPY config/container.yaml /etc/tailrace/config.yaml
USER node
EXPOSE 4317 4318 8888 13133
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:13133/').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Without a shell between: SIGTERM reaches Tailrace, which drains and then exits.
ENTRYPOINT ["node", "dist/main.js"]
CMD ["--config", "/etc/tailrace/config.yaml"]
