/** The whole: signed in or not. */

import { client } from "./client";
import { useSnapshot } from "./hooks";
import { Notices } from "./parts/notices";
import { usePlace } from "./router";
import { ResetPassword, VerifyEmail } from "./views/mailed";
import { Shell } from "./views/shell";
import { SignIn } from "./views/sign_in";

export function App() {
  return (
    <>
      <Inside />
      <Notices />
    </>
  );
}

function Inside() {
  const session = useSnapshot(client.session.state);
  const { view } = usePlace();
  if (view === "reset-password") return <ResetPassword />;
  if (view === "verify-email") return <VerifyEmail />;
  if (session.status === "signed-in") return <Shell key={session.user.user_id} />;
  if (session.status === "signed-out") return <SignIn reason={session.reason} />;
  return <Starting />;
}

function Starting() {
  return (
    <div class="empty" role="status">
      <img class="mark" src="/icon.svg" alt="" />
      <p>Looking for the server…</p>
    </div>
  );
}
