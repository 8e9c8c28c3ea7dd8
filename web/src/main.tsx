import { render } from "preact";
import { App } from "./app";
import { client } from "./client";
import "./style/base.css";
import "./style/conversation.css";
import "./theme";

void client.start();
render(<App />, document.getElementById("app")!);
