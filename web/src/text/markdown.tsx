/**
 * Markdown, drawn without ever making HTML: the lexer's tokens become elements, and whatever is not one of those known
 * here is shown as the text that it is.
 */

import { Lexer, type Token, type Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";

/** How a mention is drawn: by the name that follows the @. Null where it is nobody's. */
export type DrawMention = (name: string) => ComponentChildren | null;

/** The server's own rule of what mentions somebody. */
const MENTION = /(?<![\w.@-])@([\w.-]{3,32})/u;
const SAFE_LINK = /^(?:https?:|mailto:)/i;
/** Nothing in it is Markdown: most of what people write. */
const PLAIN = /^[^\\`*_{}[\]()<>#+|~:&=-]*$/u;
/** Longer texts are shown as they are: no lexer shall hold up the page. */
const MOST_CHARS = 8_000;
const MOST_DEPTH = 12;

interface Props {
  body: string;
  mention: DrawMention;
}

export const Markdown = memo(function Markdown({ body, mention }: Props) {
  if (isPlain(body)) return <p>{mentions(body, mention)}</p>;
  return <>{blocks(Lexer.lex(body, { gfm: true, breaks: true }), mention, 0)}</>;
});

function isPlain(body: string): boolean {
  return (
    body.length > MOST_CHARS || (PLAIN.test(body) && !/^ {0,3}\d+[.)]\s|\bwww\.|@[\w.-]+\.\w/mu.test(body))
  );
}

function blocks(tokens: readonly Token[], mention: DrawMention, depth: number): ComponentChildren {
  return tokens.map((token, index) => (
    <Block key={index} token={token} mention={mention} depth={depth + 1} />
  ));
}

function Block({ token, mention, depth }: { token: Token; mention: DrawMention; depth: number }) {
  const inside = (within: Token) => inline((within as Tokens.Paragraph).tokens, mention, within.raw, depth);
  if (depth > MOST_DEPTH) return <p>{token.raw}</p>;
  switch (token.type) {
    case "space":
      return null;
    case "paragraph":
    case "text":
      return <p>{inside(token)}</p>;
    case "heading":
      return <h3>{inside(token)}</h3>;
    case "code":
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      );
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [], mention, depth)}</blockquote>;
    case "list":
      return <List list={token as Tokens.List} mention={mention} depth={depth} />;
    case "table":
      return <Table table={token as Tokens.Table} mention={mention} depth={depth} />;
    case "hr":
      return <hr />;
    default:
      return <p>{mentions(token.raw.trimEnd(), mention)}</p>;
  }
}

function List({ list, mention, depth }: { list: Tokens.List; mention: DrawMention; depth: number }) {
  const items = list.items.map((item, index) => (
    <li key={index}>
      {item.task && `${item.checked ? "☑" : "☐"} `}
      {item.tokens
        .filter((token) => token.type !== "checkbox")
        .map((token, at) =>
          token.type === "text" ? (
            <span key={at}>{inline((token as Tokens.Text).tokens, mention, token.raw, depth)}</span>
          ) : (
            <Block key={at} token={token} mention={mention} depth={depth + 1} />
          ),
        )}
    </li>
  ));
  return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ table, mention, depth }: { table: Tokens.Table; mention: DrawMention; depth: number }) {
  const cells = (row: Tokens.TableCell[], Cell: "th" | "td") =>
    row.map((cell, index) => <Cell key={index}>{inline(cell.tokens, mention, cell.text, depth)}</Cell>);
  return (
    <table>
      <thead>
        <tr>{cells(table.header, "th")}</tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>{cells(row, "td")}</tr>
        ))}
      </tbody>
    </table>
  );
}

function inline(
  tokens: readonly Token[] | undefined,
  mention: DrawMention,
  raw: string,
  depth: number,
): ComponentChildren {
  if (!tokens || depth > MOST_DEPTH) return mentions(raw, mention);
  return tokens.map((token, index) => (
    <Inline key={index} token={token} mention={mention} depth={depth + 1} />
  ));
}

function Inline({ token, mention, depth }: { token: Token; mention: DrawMention; depth: number }) {
  const inside = () => inline((token as Tokens.Strong).tokens, mention, token.raw, depth);
  switch (token.type) {
    case "strong":
      return <strong>{inside()}</strong>;
    case "em":
      return <em>{inside()}</em>;
    case "del":
      return <del>{inside()}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "escape":
      return <>{token.text}</>;
    case "link":
      return <Link link={token as Tokens.Link}>{inside()}</Link>;
    case "text":
      return <>{"tokens" in token && token.tokens ? inside() : mentions(token.text, mention)}</>;
    default:
      return <>{mentions(token.raw, mention)}</>;
  }
}

/** Links lead out by the schemes that can do no harm; anything else is text. */
function Link({ link, children }: { link: Tokens.Link; children: ComponentChildren }) {
  if (!SAFE_LINK.test(link.href)) return <>{link.raw}</>;
  return (
    <a href={link.href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function mentions(text: string, draw: DrawMention): ComponentChildren {
  if (!text.includes("@")) return text;
  const parts: ComponentChildren[] = [];
  let rest = text;
  for (let found = MENTION.exec(rest); found; found = MENTION.exec(rest)) {
    const drawn = draw(found[1]!);
    const end = found.index + found[0].length;
    parts.push(rest.slice(0, found.index), drawn ?? found[0]);
    rest = rest.slice(end);
    // What stands before decides whether the next @ begins a mention, so it must not begin the text.
    if (rest.startsWith("@")) break;
  }
  parts.push(rest);
  return parts;
}
