// Calls of the sandbox. Every error is a sentence for the person at the desk.

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body instanceof FormData) {
    options.body = body;
  } else if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The sandbox does not answer.");
  }
  const document = await response.json();
  if (!response.ok) throw new Error(document.error?.message ?? `Error ${response.status}`);
  return document;
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const remove = (path) => call("DELETE", path);

export function act(agent, name, body) {
  return post(`/sandbox/agents/${encodeURIComponent(agent)}/${name}`, body);
}
