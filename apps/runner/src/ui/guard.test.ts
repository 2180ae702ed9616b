import { describe, expect, it } from "vitest";
import { judge } from "./guard.js";

const own = { token: "s3cret", port: 8080 };
const asking = (url: string, headers: Record<string, string> = {}, method = "GET") =>
  judge({ url, method, headers: { host: "127.0.0.1:8080", ...headers } }, own);

describe("the guard", () => {
  it("lets through what has the token, with its path decoded", () => {
    expect(asking("/s3cret/")).toMatchObject({ path: [] });
    expect(asking("/s3cret/report/a%2Fb?x=1")).toMatchObject({ path: ["report", "a/b"] });
    expect(
      asking("/s3cret/live?run=a&run=", { host: "localhost:8080", origin: "http://localhost:8080" }),
    ).toMatchObject({
      path: ["live"],
    });
  });

  it("refuses a token that is missing, wrong, cut off, or too long", () => {
    for (const url of [
      "/",
      "",
      "/s3cre/",
      "/s3crets/",
      "/S3CRET/",
      "//s3cret/",
      "/report/s3cret",
      "/?token=s3cret",
    ])
      expect(asking(url), `of ${url}`).toMatchObject({ status: 403 });
  });

  it("refuses hosts and origins that are not its own, whatever the token", () => {
    for (const host of [
      "evil.example",
      "evil.example:8080",
      "127.0.0.1",
      "127.0.0.1:80",
      "127.0.0.1:8080.evil.example",
      "",
    ])
      expect(asking("/s3cret/", { host }), `of ${host}`).toMatchObject({ status: 403 });
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:81"])
      expect(asking("/s3cret/", { origin }), `of ${origin}`).toMatchObject({ status: 403 });
  });

  it("answers nothing but GET, and bears addresses that cannot be decoded", () => {
    for (const method of ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
      expect(asking("/s3cret/", {}, method)).toMatchObject({ status: 405 });
    expect(asking("/s3cret/report/%E0%A4%A")).toMatchObject({ status: 404 });
  });
});
