import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a firmware setup screen is open",
  sources: ["EDK2 MdeModulePkg FrontPage; AMI Aptio setup"],
  state: "stuck",
  class: "firmware-setup",
  action: "notify",
  view: "line",
  pattern:
    /Aptio Setup Utility|^SMS \d\.\d \(c\) Copyright IBM|Select Language {2,}|^F9=Reset to Defaults|F10=Save|(?:^|\s)Boot Manager Menu|Please select boot device:/,
  hints: [
    "aptio setup",
    "copyright ibm corp",
    "select language  ",
    "f10=save",
    "boot manager menu",
    "please select boot device",
  ],
  matches: [
    "Aptio Setup Utility - Copyright (C) 2023 American Megatrends, Inc.",
    "F9=Reset to Defaults  F10=Save",
    "SMS 1.7 (c) Copyright IBM Corp. 2000,2008 All rights reserved.",
    "Please select boot device:",
  ],
  rejects: ["Select Language"],
});
