import { testGroup } from "@millrace/core/testing";

testGroup({ module: import.meta.resolve("@millrace/core/builtin"), name: "sockets" });
