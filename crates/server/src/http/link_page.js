"use strict";
// Hands the token of a link over, once its owner says so. The token stands in the fragment, which no server is sent.
const ACTIONS = {
  "accept-invitation": {
    label: "Accept the invitation", done: "You have joined. You can sign in now.", fields: ["name", "password"],
    mutation: "mutation($input: AcceptInvitationInput!) { done: acceptInvitation(input: $input) { errors { message } } }",
    input: (token, form) => ({ token, name: form.name.value || null, password: form.password.value }),
  },
  "reset-password": {
    label: "Set the new password", done: "The new password holds. You can sign in now.", fields: ["password"],
    mutation: "mutation($input: ResetPasswordInput!) { done: resetPassword(input: $input) { errors { message } } }",
    input: (token, form) => ({ token, newPassword: form.password.value }),
  },
  "verify-email": {
    label: "Yes, this address is mine", done: "Thank you. The address is confirmed.", fields: [],
    mutation: "mutation($input: VerifyEmailInput!) { done: verifyEmail(input: $input) { errors { message } } }",
    input: (token) => ({ token }),
  },
};
const action = ACTIONS[location.pathname.split("/").pop()];
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
// Neither the history nor somebody who looks over a shoulder needs it.
history.replaceState(null, "", location.pathname);

async function run(event) {
  event.preventDefault();
  const controls = form.elements;
  const variables = { input: action.input(token, controls) };
  status.textContent = "…";
  try {
    const response = await fetch("graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query: action.mutation, variables }),
    });
    const answer = await response.json();
    const errors = answer.errors ?? answer.data.done.errors;
    form.hidden = errors.length === 0;
    status.textContent = errors.length === 0 ? action.done : errors.map((error) => error.message).join(" ");
  } catch {
    status.textContent = "The server could not be reached. Please try again.";
  }
}

if (action && token) {
  for (const label of form.querySelectorAll("label")) {
    label.hidden = !action.fields.includes(label.dataset.field);
  }
  form.querySelector("button").textContent = action.label;
  form.addEventListener("submit", run);
  form.hidden = false;
} else {
  status.textContent = "This link is not complete. Please open it as it stands in the mail.";
}
