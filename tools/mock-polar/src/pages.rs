//! Stand-ins for two of Polar's pages: the page on which a buyer pays, and the confirmation that follows.

use crate::reply::Reply;

/// Returns the page at this path, or `None` if there is none.
pub(crate) fn page(path: &str) -> Option<Reply> {
    let rest = path.strip_prefix("/checkout/")?;
    match rest.split_once('/') {
        None => Some(Reply::html(200, CHECKOUT)),
        Some((_, "confirmation")) => Some(Reply::html(200, CONFIRMATION)),
        Some(_) => None,
    }
}

const CHECKOUT: &str = r#"<!doctype html><html><head><title>Checkout of the local Polar</title></head>
<body><h1>Checkout</h1><p>No money is needed here.</p>
<form><label>E-mail <input type="email" name="email" required></label> <button>Buy</button></form><p id="result"></p>
<script>
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const secret = location.pathname.split("/")[2];
  const fields = { customer_email: event.target.email.value, customer_billing_address: { country: "GB" } };
  const reply = await fetch(`/_mock/checkouts/${secret}/pay`, { method: "POST", body: JSON.stringify(fields) });
  const body = await reply.json();
  if (reply.ok) location.assign(body.success_url);
  else document.getElementById("result").textContent = JSON.stringify(body);
});
</script></body></html>
"#;

const CONFIRMATION: &str = "<!doctype html><html><head><title>Thank you</title></head>\
     <body><h1>Thank you</h1><p>The purchase is on its way. You may close this page.</p></body></html>";
