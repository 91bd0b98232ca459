// `node requests.mjs URL` prints how many requests the server at URL has received. The server can be the local Polar or
// the server of the peers.

const response = await fetch(`${process.argv[2]}/_mock/requests`);
console.log((await response.json()).length);
