/** Dialogs and menus, which keep the focus and give it back. */

import type { ComponentChildren } from "preact";
import { createPortal } from "preact/compat";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icon";

export function Dialog({
  title,
  close,
  children,
}: {
  title: string;
  close: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>(".dialog-body input")?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  // In the body: what asked for it may be hidden as soon as the pointer is elsewhere.
  return createPortal(
    <dialog
      ref={dialog}
      aria-label={title}
      onClose={close}
      onMouseDown={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="dialog-head">
        <h2>{title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>,
    document.body,
  );
}

/** Asks before something that can't be taken back. */
export function Confirm(props: {
  title: string;
  text: string;
  action: string;
  close: () => void;
  act: () => unknown;
}) {
  return (
    <Dialog title={props.title} close={props.close}>
      <p>{props.text}</p>
      <div class="row end">
        <button type="button" class="button" onClick={props.close}>
          Cancel
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            props.act();
            props.close();
          }}
        >
          {props.action}
        </button>
      </div>
    </Dialog>
  );
}

export interface MenuItem {
  label: string;
  icon?: IconName;
  danger?: boolean;
  act: () => unknown;
}

interface MenuProps {
  label: string;
  icon?: IconName;
  items: readonly (MenuItem | null | false)[];
  class?: string;
  small?: boolean;
  children?: ComponentChildren;
}

export function Menu({ label, icon = "more", items, class: name = "", small, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const holder = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  useEffect(() => {
    if (!open) return;
    holder.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
    const outside = (event: Event) => {
      if (!holder.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  return (
    <span class="menu-holder" ref={holder}>
      <button
        ref={button}
        type="button"
        class={`icon-button ${small ? "small" : ""}`}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {children ?? <Icon name={icon} />}
      </button>
      {open && (
        <div
          class={`menu ${name}`}
          role="menu"
          aria-label={label}
          tabIndex={-1}
          onKeyDown={(event) => move(event, close)}
        >
          {items.map((item, index) =>
            item ? (
              <button
                key={item.label}
                type="button"
                role="menuitem"
                class={item.danger ? "danger" : ""}
                onClick={() => {
                  close();
                  item.act();
                }}
              >
                {item.icon && <Icon name={item.icon} />}
                {item.label}
              </button>
            ) : (
              item === null && <hr key={`line ${index}`} />
            ),
          )}
        </div>
      )}
    </span>
  );
}

/** Arrow keys go through a menu, Escape leaves it. */
export function move(event: KeyboardEvent, close: () => void): void {
  if (event.key === "Escape") {
    event.stopPropagation();
    return close();
  }
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const menu = event.currentTarget as HTMLElement;
  const items = [...menu.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  const next = items.indexOf(document.activeElement as HTMLElement) + step;
  items.at(next % items.length)?.focus();
}
