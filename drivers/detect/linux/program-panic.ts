import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a program panicked, not the kernel",
  sources: ['Go runtime/panic.go, runtime/traceback.go: "goroutine %d [running]:"'],
  state: "healthy",
  class: "recovered",
  action: "none",
  view: "line",
  pattern: /^goroutine \d{1,9} \[\w/,
  hints: ["goroutine "],
  matches: ["goroutine 1 [running]:"],
  rejects: ["the goroutine 1 [running]:"],
});
