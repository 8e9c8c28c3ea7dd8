/** Where links in mails lead: their code stands in the address's fragment, which is sent to nobody. */

import { useEffect, useState } from "preact/hooks";
import { client } from "../client";
import { because } from "../parts/notices";
import { go } from "../router";
import { Door } from "./door";
import { Reset } from "./sign_in";

const mailedCode = () => new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
const leave = () => go({ view: "home" }, { replace: true });

export function ResetPassword() {
  const [code] = useState(mailedCode);
  return <Reset code={code} done={leave} />;
}

export function VerifyEmail() {
  const [said, setSaid] = useState("One moment…");
  useEffect(() => {
    client.api
      .verifyEmail(mailedCode())
      .then(() => setSaid("Thank you: the address is yours."))
      .catch((reason: unknown) => setSaid(`The address could not be verified. ${because(reason)}`));
  }, []);
  return (
    <Door title="Your e-mail address" about="">
      <p class="door-said" role="status">
        {said}
      </p>
      <button type="button" class="button main" onClick={leave}>
        Go on to Parley
      </button>
    </Door>
  );
}
