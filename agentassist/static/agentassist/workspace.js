import { Connection } from "./connection.js";
import { Panels } from "./panels.js";
import { Transcript } from "./transcript.js";

const panels = new Panels();
const transcript = new Transcript();

function show(workspace) {
  panels.show(workspace.state);
  transcript.show(workspace.messages, workspace.reset);
}

show(JSON.parse(document.getElementById("workspace").textContent));
new Connection(`/agent-assist/stream${window.location.search}`, show).open();
