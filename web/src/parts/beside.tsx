/** What stands beside a conversation, or over it where there is no room. */

import type { ComponentChildren } from "preact";
import { Icon } from "./icon";

interface Props {
  title: string;
  label: string;
  close: () => void;
  children: ComponentChildren;
}

export function Beside({ title, label, close, children }: Props) {
  return (
    <aside
      class="details"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) close();
      }}
    >
      <header class="details-head">
        <h2>{title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="details-body">{children}</div>
    </aside>
  );
}
