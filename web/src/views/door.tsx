/** The door: what people see who are not signed in, a card with one form in it. */

import type { ComponentChildren } from "preact";

export function Door(props: { title: string; about: string; children: ComponentChildren }) {
  return (
    <main class="door">
      <div class="door-card">
        <header>
          <img src="/icon.svg" alt="" />
          <h1>{props.title}</h1>
          {props.about && <p>{props.about}</p>}
        </header>
        {props.children}
      </div>
    </main>
  );
}
