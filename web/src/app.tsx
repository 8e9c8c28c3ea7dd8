/** The whole: signed in or not. */

import { client } from "./client";
import { useSnapshot } from "./hooks";
import { Notices } from "./parts/notices";
import { Shell } from "./views/shell";
import { SignIn } from "./views/sign_in";

export function App() {
  const session = useSnapshot(client.session.state);
  return (
    <>
      {session.status === "signed-in" && <Shell key={session.user.user_id} />}
      {session.status === "signed-out" && <SignIn reason={session.reason} />}
      {session.status === "starting" && <Starting />}
      <Notices />
    </>
  );
}

function Starting() {
  return (
    <div class="empty" role="status">
      <img class="mark" src="/icon.svg" alt="" />
      <p>Looking for the server…</p>
    </div>
  );
}
